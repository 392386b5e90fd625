// Brings a part of the page into sight when what it shows has changed by a click.
const told = {}

export default function ({ data }) {
  const before = told[data.place] ?? 0
  told[data.place] = data.turn
  if (data.turn <= before) return
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches
  const look = () => document.querySelector(`[class*="st-key-${data.place}"]`)
    ?.scrollIntoView({ block: 'nearest', behavior: still ? 'auto' : 'smooth' })
  setTimeout(look, 250) // what stands in it has its height by then
}
