// Pictures of ultrasound images with outlines, all under one zoom.
//
// `data` is what `zoom_panels.py` sends: images to one element, what is drawn over them to another.
// A view is the visible window of an image: its left and upper edge and its scale, in fractions of
// the image. Every change is made to all views alike, so pictures of one image always show the same
// place, in all boxes of the page.
// A mirrored image has the view of the first image, turned: all places are those of the first.

const MOST = 8
const SMALLEST = 180, GAP = 12, CAPTION = 60 // CSS pixels
const SVG = 'http://www.w3.org/2000/svg'
const link = { keys: null, views: [], followers: new Set(), pointers: new Set() }
const held = { sources: new Map(), boxes: new Set() } // images by the element that brought them

const within = (value, low, high) => Math.min(Math.max(value, low), high)

function zoomAt(view, x, y, factor) {
  const scale = within(view.scale * factor, 1, MOST)
  view.x += x / view.scale - x / scale
  view.y += y / view.scale - y / scale
  view.scale = scale
}

function showBox(view, [left, top, right, bottom]) {
  view.scale = within(Math.min(1 / (right - left), 1 / (bottom - top)), 1, MOST)
  view.x = (left + right) / 2 - 0.5 / view.scale
  view.y = (top + bottom) / 2 - 0.5 / view.scale
}

const zoomNow = () => Math.max(...link.views.map(view => view.scale))
const showAll = view => Object.assign(view, { scale: 1, x: 0, y: 0 })

function change(operation) {
  link.views.forEach((view, number) => {
    operation(view, number)
    view.x = within(view.x, 0, 1 - 1 / view.scale)
    view.y = within(view.y, 0, 1 - 1 / view.scale)
  })
  link.followers.forEach(follow => follow())
}

function follow(box, images) {
  const keys = images.map(image => image.key).join()
  if (link.keys !== keys) Object.assign(link, { keys, views: images.map(() => showAll({})) })
  link.followers.add(box.follow)
  link.pointers.add(box.point)
}

function unfollow(box) {
  link.followers.delete(box.follow)
  link.pointers.delete(box.point)
}

function hold(root, sources) {
  root.hidden = true
  root.replaceChildren()
  held.sources.set(root, sources)
  held.boxes.forEach(box => box.pictures.forEach(showImage))
}

// Where the image has not come yet, nothing is shown rather than another one.
function showImage(picture) {
  const source = [...held.sources.values()].map(sources => sources[picture.key]).find(Boolean)
  if (source && picture.image.src !== source) picture.image.src = source
  if (!source && picture.shown !== picture.key) picture.image.removeAttribute('src')
  if (source) picture.shown = picture.key
}

function create(tag, className, parent) {
  const found = document.createElement(tag)
  found.className = className
  parent.append(found)
  return found
}

function fill(parent, className, entries, write) {
  parent.replaceChildren()
  for (const entry of entries) write(create('span', className, parent), entry)
}

function writeKey(span, [colour, text]) {
  span.style.setProperty('--colour', colour)
  span.textContent = text
}

function addPath(group, shape, stroke, width) {
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', shape.path)
  path.setAttribute('fill', shape.fill ? shape.colour : 'none')
  path.setAttribute('fill-opacity', shape.fill)
  if (width) {
    path.setAttribute('stroke', stroke)
    path.setAttribute('stroke-width', width)
    if (shape.dashed) path.setAttribute('stroke-dasharray', '6 5')
  }
  group.append(path)
  return path
}

function makePicture(grid) {
  const figure = create('figure', '', grid)
  const caption = create('figcaption', '', figure) // above: whose it is stays in sight
  const stage = create('div', 'stage', figure)
  const image = create('img', '', stage)
  image.draggable = false
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('aria-hidden', 'true')
  stage.append(svg)
  const here = create('div', 'here', stage)
  const below = create('div', 'below', figure)
  return { figure, stage, image, svg, here, caption, below }
}

function writePicture(picture, panel, image) {
  picture.mirrored = image.mirrored
  picture.key = image.key
  showImage(picture)
  picture.image.alt = panel.alt
  picture.stage.style.aspectRatio = image.aspect
  const group = document.createElementNS(SVG, 'g')
  group.setAttribute('opacity', panel.opacity)
  for (const shape of panel.shapes) {
    if (shape.line) addPath(group, { ...shape, fill: 0, dashed: false }, '#000', shape.line + 2)
      .setAttribute('stroke-opacity', 0.55)
    addPath(group, shape, shape.colour, shape.line)
  }
  picture.svg.replaceChildren(group)
  picture.caption.replaceChildren()
  if (panel.title) create('strong', '', picture.caption).textContent = panel.title
  if (panel.badge) create('span', `badge ${panel.kind}`, picture.caption).textContent = panel.badge
  picture.below.replaceChildren()
  if (panel.note) create('span', 'note', picture.below).textContent = panel.note
  fill(create('span', 'keys', picture.below), 'key', panel.keys, writeKey)
}

// As few columns as the height of the window allows; never more than fill the rows.
function columnsFor(count, together, width, aspect) {
  const most = Math.max(together, Math.floor((width + GAP) / (SMALLEST + GAP)))
  const tidy = columns => together * Math.ceil(count / together / Math.ceil(count / columns))
  for (let columns = together; columns < Math.min(most, count); columns += together) {
    const high = (width - GAP * (columns - 1)) / columns / aspect + CAPTION
    const fits = Math.ceil(count / columns) * high <= 0.85 * window.innerHeight
    if (fits && tidy(columns) === columns) return columns
  }
  return tidy(Math.min(most - (most % together), count))
}

const turn = (picture, x) => (picture.mirrored ? 1 - x : x)

function placeOf(event, picture) {
  const box = picture.stage.getBoundingClientRect()
  const x = (event.clientX - box.left) / box.width
  return [turn(picture, x), (event.clientY - box.top) / box.height]
}

// Dragging draws a box while the whole image is seen, and moves the image when it is not.
function listenToPointer(picture, mark) {
  const { stage } = picture
  let start = null, last = null, box = null
  stage.onpointerdown = event => {
    const whole = zoomNow() === 1
    if (event.button !== 0 || (whole && event.pointerType === 'touch')) return // touch scrolls
    stage.setPointerCapture(event.pointerId)
    start = last = placeOf(event, picture)
    if (whole) box = create('div', 'box', stage)
  }
  stage.onpointermove = event => {
    const [x, y] = placeOf(event, picture)
    mark(x, y)
    if (!start) return
    if (box) drawBox(box, [turn(picture, start[0]), start[1]], [turn(picture, x), y])
    else change(view => {
      view.x -= (x - last[0]) / view.scale
      view.y -= (y - last[1]) / view.scale
    })
    last = [x, y]
  }
  stage.onpointerup = stage.onpointercancel = event => {
    if (box) {
      box.remove()
      const [x, y] = last, [left, right] = [start[0], x].sort((a, b) => a - b)
      const [top, bottom] = [start[1], y].sort((a, b) => a - b)
      const drawn = Math.max(right - left, bottom - top)
      if (event.type === 'pointerup' && drawn > 0.04)
        change(view => showBox(view, [left, top, right, bottom]))
    }
    start = last = box = null
  }
  stage.onpointerleave = () => mark(null)
  stage.ondblclick = event => {
    const [x, y] = placeOf(event, picture)
    const zoom = zoomNow()
    change(view => (zoom > 1 ? showAll(view) : zoomAt(view, x, y, 2.5)))
  }
  stage.onwheel = event => {
    if (!event.ctrlKey && !event.metaKey) return // the page scrolls
    event.preventDefault()
    const [x, y] = placeOf(event, picture)
    change(view => zoomAt(view, x, y, Math.exp(-event.deltaY / 300)))
  }
}

function drawBox(box, [fromX, fromY], [toX, toY]) {
  box.style.left = `${100 * Math.min(fromX, toX)}%`
  box.style.top = `${100 * Math.min(fromY, toY)}%`
  box.style.width = `${100 * Math.abs(toX - fromX)}%`
  box.style.height = `${100 * Math.abs(toY - fromY)}%`
}

function listenToKeys(grid) {
  const step = 0.15
  const moves = {
    ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step],
  }
  grid.onkeydown = event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const [x, y] = moves[event.key] ?? []
    if (event.key === '+' || event.key === '=') change(v => zoomAt(v, 0.5, 0.5, 1.25))
    else if (event.key === '-') change(v => zoomAt(v, 0.5, 0.5, 0.8))
    else if (event.key === '0') change(showAll)
    else if (x !== undefined && zoomNow() > 1)
      change(view => { view.x += x / view.scale; view.y += y / view.scale })
    else return
    event.preventDefault()
  }
}

function mount(root) {
  const part = name => root.querySelector(name)
  const grid = part('.grid'), bar = part('.bar'), slider = part('input')
  const box = { pictures: [], data: null }
  const mark = (x, y) => {
    for (const point of link.pointers) point(x, y)
  }
  box.point = (x, y) => {
    root.classList.toggle('pointing', x !== null)
    if (x === null) return
    for (const picture of box.pictures)
      Object.assign(picture.here.style, { left: `${100 * turn(picture, x)}%`, top: `${100 * y}%` })
  }
  box.follow = () => {
    const scale = zoomNow()
    root.classList.toggle('zoomed', scale > 1)
    slider.value = scale
    part('output').textContent = `${scale.toFixed(1)}×`
    part('.whole').disabled = part('.less').disabled = scale === 1
    box.pictures.forEach((picture, number) => {
      const index = box.data.panels[number].image
      const { grid: [width, height], mirrored } = box.data.images[index]
      const { scale, x: left, y } = link.views[mirrored ? 0 : index]
      const x = mirrored ? 1 - 1 / scale - left : left
      picture.image.style.transform = `scale(${scale}) translate(${-100 * x}%, ${-100 * y}%)`
      picture.svg.setAttribute(
        'viewBox', [x * width, y * height, width / scale, height / scale].join(' '))
    })
  }
  box.arrange = () => {
    const { panels, images, together } = box.data
    const aspect = Math.min(...images.map(image => image.aspect))
    const columns = columnsFor(panels.length, together, grid.clientWidth, aspect)
    const widest = `${Math.round(0.65 * window.innerHeight * aspect)}px`
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, ${widest}))`
  }
  box.write = data => {
    box.data = data
    follow(box, data.images)
    while (box.pictures.length > data.panels.length) box.pictures.pop().figure.remove()
    while (box.pictures.length < data.panels.length) {
      const picture = makePicture(grid)
      listenToPointer(picture, mark)
      box.pictures.push(picture)
    }
    data.panels.forEach((panel, n) =>
      writePicture(box.pictures[n], panel, data.images[panel.image]))
    fill(part('.legend'), 'key', data.legend, writeKey)
    bar.hidden = !data.bar
    part('.hint').textContent = data.panels.length > 1
      ? 'Or drag a box in a picture; all follow.' : 'Or drag a box in the picture.'
    part('.lesion').hidden = !data.images.some(image => image.lesion)
    box.arrange()
    box.follow()
  }
  slider.oninput = () =>
    change(view => zoomAt(view, 0.5, 0.5, slider.value / view.scale))
  part('.more').onclick = () => change(view => zoomAt(view, 0.5, 0.5, 1.5))
  part('.less').onclick = () => change(view => zoomAt(view, 0.5, 0.5, 1 / 1.5))
  part('.whole').onclick = () => change(showAll)
  part('.lesion').onclick = () => change((view, number) => {
    const { lesion } = box.data.images[number]
    if (lesion) showBox(view, lesion)
  })
  listenToKeys(grid)
  const observer = new ResizeObserver(() => box.data && box.arrange())
  observer.observe(root)
  held.boxes.add(box)
  box.remove = () => {
    observer.disconnect()
    held.boxes.delete(box)
    unfollow(box)
  }
  return box
}

const boxes = new WeakMap()

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector('.panels')
  if (data.sources) {
    hold(root, data.sources)
    return () => held.sources.delete(root)
  }
  if (!boxes.has(root)) boxes.set(root, mount(root))
  const box = boxes.get(root)
  box.write(data)
  return () => {
    box.remove()
    boxes.delete(root)
  }
}
