// The picture of a lecture, type large enough for the last row, and F for the whole screen.
//
// `data` is what `stage.py` sends: the picture as an address, its text, and the size of the type.
export default function ({ data, parentElement }) {
  const root = document.documentElement
  const picture = parentElement.querySelector('#picture')
  picture.hidden = !data.source
  if (data.source) Object.assign(picture, { src: data.source, alt: data.alt })
  root.style.fontSize = data.type

  const press = event => {
    const typing = event.composedPath()[0]?.closest?.('input, textarea, select, [contenteditable]')
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key.toLowerCase() !== 'f') return
    if (document.fullscreenElement) document.exitFullscreen()
    else root.requestFullscreen?.().catch(() => {})
  }
  document.addEventListener('keydown', press)
  return () => {
    document.removeEventListener('keydown', press)
    root.style.fontSize = ''
  }
}
