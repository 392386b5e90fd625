// An outline over a picture, and a polygon that is drawn to add to it or to cut it.
//
// By mouse or finger: draw around an area, or click its corners and then the first one again.
// By keyboard: arrow keys move the cross by a pixel, with Shift by ten; the space bar sets a corner,
// Enter closes, the backspace key takes a corner back, Escape begins anew.
// Places are in pixels of the image.

const SVG = 'http://www.w3.org/2000/svg'
const CLICK = 4 // CSS pixels; less between press and release is a click
const NEAR = 10 // CSS pixels; a click so near to the first corner closes
const STEP = 3 // CSS pixels between two corners of a line that is drawn
const MOST = 400 // corners that are told; the server thins them out
const within = (value, low, high) => Math.min(Math.max(value, low), high)

function mount(root) {
  const [stage, svg, said] = ['.stage', 'svg', '.said'].map(name => root.querySelector(name))
  const pen = { data: null, points: [], cross: null, pressed: null, drawing: false, keyboard: false }

  const add = (tag, attributes, parent = svg) => {
    const found = document.createElementNS(SVG, tag)
    for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value)
    parent.append(found)
    return found
  }

  const draw = () => {
    const { width, height, shapes, scale, kind } = pen.data
    svg.replaceChildren()
    const outlines = add('g', { transform: `scale(${scale})` })
    for (const { path, colour, line, dashed } of shapes) {
      add('path', { d: path, class: 'below' }, outlines)
      const style = `stroke:${colour};stroke-width:${line}px`
      add('path', { d: path, style, ...(dashed && { 'stroke-dasharray': '5 4' }) }, outlines)
    }
    const ends = pen.cross && !pen.drawing ? [...pen.points, pen.cross] : pen.points
    if (pen.points.length) {
      const d = `M${ends.map(point => point.join(' ')).join('L')}`
      if (ends.length > 2) add('path', { d: `${d}z`, class: `${kind} area`, 'stroke-opacity': 0.35 })
      add('path', { d, class: 'below' })
      add('path', { d, class: kind })
      const arm = width / 90
      if (!pen.drawing) for (const [x, y] of pen.points)
        add('path', { d: `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`, class: kind })
    }
    if (pen.cross && pen.keyboard) {
      const [x, y] = pen.cross
      add('path', { d: `M${x} 0V${height}M0 ${y}H${width}`, class: 'here' })
    }
    const corners = pen.points.length
    said.textContent = pen.drawing || !corners ? pen.data.hint
      : corners < 3 ? `${corners === 1 ? 'One corner' : 'Two corners'} of at least three.`
      : `${corners} corners. Click the first again, or press Enter.`
  }

  const close = () => {
    const points = pen.points
    Object.assign(pen, { points: [], drawing: false })
    if (points.length >= 3) {
      const every = Math.ceil(points.length / MOST)
      const told = points.filter((_, number) => number % every === 0)
      pen.tell({ of: pen.data.key, kind: pen.data.kind, points: told, number: Date.now() })
    }
    draw()
  }

  const place = event => {
    const { left, top, width, height } = stage.getBoundingClientRect()
    const x = ((event.clientX - left) / width) * pen.data.width
    const y = ((event.clientY - top) / height) * pen.data.height
    const round = value => Math.round(10 * value) / 10
    return [round(within(x, 0, pen.data.width)), round(within(y, 0, pen.data.height))]
  }
  const far = (event, [x, y], limit) => Math.hypot(event.clientX - x, event.clientY - y) > limit

  stage.onpointerdown = event => {
    if (event.button !== 0) return
    stage.setPointerCapture(event.pointerId)
    Object.assign(pen, {
      pressed: [event.clientX, event.clientY], keyboard: false, cross: place(event),
    })
  }
  stage.onpointermove = event => {
    if (pen.keyboard && !pen.pressed) return
    pen.cross = place(event)
    if (pen.pressed && !pen.drawing && !pen.points.length && far(event, pen.pressed, CLICK))
      pen.drawing = true
    if (pen.drawing && far(event, pen.last ?? pen.pressed, STEP)) {
      pen.points.push(pen.cross)
      pen.last = [event.clientX, event.clientY]
    }
    if (pen.points.length) draw()
  }
  stage.onpointerup = event => {
    if (!pen.pressed) return
    const drawn = pen.drawing
    Object.assign(pen, { pressed: null, last: null })
    if (drawn) return close()
    const point = place(event), pixel = pen.data.width / stage.clientWidth
    const near = (corner, limit) =>
      corner && Math.hypot(point[0] - corner[0], point[1] - corner[1]) < limit * pixel
    if (pen.points.length > 2 && near(pen.points[0], NEAR)) return close()
    if (!near(pen.points.at(-1), CLICK)) pen.points.push(point)
    draw()
  }
  stage.ondblclick = close
  stage.onpointercancel = () => {
    Object.assign(pen, { pressed: null, last: null, drawing: false, points: [] })
    draw()
  }
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
  stage.onkeydown = event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { width, height } = pen.data
    const [x, y] = pen.cross ?? [Math.round(width / 2), Math.round(height / 2)]
    const step = event.shiftKey ? 10 : 1
    if (moves[event.key]) {
      const [across, down] = moves[event.key]
      pen.cross = [within(x + step * across, 0, width), within(y + step * down, 0, height)]
    } else if (event.key === ' ') pen.points.push((pen.cross = [x, y]))
    else if (event.key === 'Backspace') pen.points.pop()
    else if (event.key === 'Escape') pen.points = []
    else if (event.key !== 'Enter') return
    pen.keyboard = true
    event.preventDefault()
    event.key === 'Enter' ? close() : draw()
  }
  pen.write = (data, tell) => {
    const image = root.querySelector('img')
    if (pen.data?.key !== data.key) {
      Object.assign(pen, { points: [], cross: null })
      image.src = data.source
    }
    Object.assign(pen, { data, tell })
    image.alt = data.alt
    stage.setAttribute('aria-label', data.hint)
    stage.style.aspectRatio = `${data.width} / ${data.height}`
    stage.style.maxWidth = `${Math.round(0.65 * window.innerHeight * data.width / data.height)}px`
    svg.setAttribute('viewBox', `0 0 ${data.width} ${data.height}`)
    draw()
  }
  return pen
}

const pens = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector('.pen')
  if (!pens.has(root)) pens.set(root, mount(root))
  pens.get(root).write(data, told => setStateValue('told', told))
  return () => pens.delete(root)
}
