// Asks for the page again when its theme was changed: a chart has the letters of the page it was made for.
export default function ({ parentElement, setTriggerValue }) {
  const ground = document.createElement('span')
  ground.style.cssText =
    'position:absolute; transition:background-color 1ms; background-color:var(--st-background-color)'
  ground.addEventListener('transitionend', () => setTriggerValue('turned', true))
  parentElement.append(ground)
  return () => ground.remove()
}
