// Two points on a picture: the ends of a line, or two opposite corners of a box.
//
// By mouse or finger: press, move and let go, or click twice. By keyboard: arrow keys move the cross
// by a pixel, with Shift by ten; Enter or the space bar sets a point; Escape begins anew.
// Places are in pixels of the image.

const SVG = 'http://www.w3.org/2000/svg'
const CLICK = 4 // CSS pixels; less between press and release is a click
const within = (value, low, high) => Math.min(Math.max(value, low), high)
const round = value => Math.round(10 * value) / 10

function mount(root) {
  const [stage, svg, said] = ['.stage', 'svg', '.said'].map(name => root.querySelector(name))
  const box = { data: null, points: [], cross: null, pressed: null, keyboard: false }

  const draw = () => {
    const { width, height, kind, mm } = box.data
    const ends = box.points.length === 1 && box.cross ? [box.points[0], box.cross] : box.points
    svg.replaceChildren()
    const add = (tag, attributes, classes) => classes.forEach(name => {
      const found = document.createElementNS(SVG, tag)
      for (const [key, value] of Object.entries({ class: name, ...attributes }))
        found.setAttribute(key, value)
      svg.append(found)
    })
    const [[x, y], [u, v]] = ends.length === 2 ? ends : [[0, 0], [0, 0]]
    if (ends.length === 2 && kind === 'box') add('rect', {
      x: Math.min(x, u), y: Math.min(y, v), width: Math.abs(u - x), height: Math.abs(v - y),
    }, ['below', 'above'])
    if (ends.length === 2 && kind === 'line')
      add('line', { x1: x, y1: y, x2: u, y2: v }, ['below', 'above'])
    const arm = width / 60
    for (const [x, y] of ends) {
      const d = `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`
      add('path', { d }, ['below', 'above'])
    }
    if (box.cross && box.keyboard) {
      const [x, y] = box.cross
      add('path', { d: `M${x} 0V${height}M0 ${y}H${width}` }, ['here'])
    }
    said.textContent = words(ends, kind, mm)
  }

  const words = (ends, kind, mm) => {
    if (ends.length < 2) return box.points.length ? 'Now the second point.' : box.data.hint
    const [[x, y], [u, v]] = ends
    const across = Math.abs(u - x), down = Math.abs(v - y)
    if (kind === 'box') return `${Math.round(across)} × ${Math.round(down)} px`
    const length = `${Math.hypot(across, down).toFixed(1)} px`
    return mm ? `${length}, ${Math.hypot(across * mm[1], down * mm[0]).toFixed(1)} mm` : length
  }

  const set = point => {
    if (box.points.length !== 1) box.points = [point]
    else {
      box.points = [box.points[0], point]
      box.tell({ of: box.data.key, points: box.points })
    }
    draw()
  }

  const place = event => {
    const { left, top, width, height } = stage.getBoundingClientRect()
    const x = ((event.clientX - left) / width) * box.data.width
    const y = ((event.clientY - top) / height) * box.data.height
    return [round(within(x, 0, box.data.width)), round(within(y, 0, box.data.height))]
  }

  stage.onpointerdown = event => {
    if (event.button !== 0) return
    stage.setPointerCapture(event.pointerId)
    box.pressed = [event.clientX, event.clientY]
    box.keyboard = false
    box.cross = place(event)
    if (box.points.length !== 1) set(box.cross)
    else box.second = true
  }
  stage.onpointermove = event => {
    if (box.keyboard && !box.pressed) return
    box.cross = place(event)
    if (box.points.length === 1) draw()
  }
  stage.onpointerup = event => {
    if (!box.pressed) return
    const [x, y] = box.pressed
    const moved = Math.hypot(event.clientX - x, event.clientY - y) > CLICK
    if (box.points.length === 1 && (moved || box.second)) set(place(event))
    box.pressed = box.second = null
  }
  stage.onpointercancel = () => (box.pressed = box.second = null)
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
  stage.onkeydown = event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { width, height } = box.data
    const [x, y] = box.cross ?? [Math.round(width / 2), Math.round(height / 2)]
    const step = event.shiftKey ? 10 : 1
    if (moves[event.key]) {
      const [across, down] = moves[event.key]
      box.cross = [within(x + step * across, 0, width), within(y + step * down, 0, height)]
    } else if (event.key === 'Enter' || event.key === ' ') set((box.cross = [x, y]))
    else if (event.key === 'Escape') box.points = []
    else return
    box.keyboard = true
    event.preventDefault()
    draw()
  }
  box.write = (data, tell) => {
    const another = !box.data || box.data.key !== data.key
    Object.assign(box, { data, tell })
    if (another) Object.assign(box, { points: data.points, cross: null })
    if (another) root.querySelector('img').src = data.source
    root.querySelector('img').alt = data.alt
    stage.setAttribute('aria-label', data.hint)
    stage.style.aspectRatio = `${data.width} / ${data.height}`
    stage.style.maxWidth = `${Math.round(0.65 * window.innerHeight * data.width / data.height)}px`
    svg.setAttribute('viewBox', `0 0 ${data.width} ${data.height}`)
    draw()
  }
  return box
}

const boxes = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector('.two')
  if (!boxes.has(root)) boxes.set(root, mount(root))
  boxes.get(root).write(data, told => setStateValue('told', told))
  return () => boxes.delete(root)
}
