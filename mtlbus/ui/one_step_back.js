// A new address of the page that is shown replaces the one before; only another page is a step.
export default function () {
  if (window.history.pushState.oneStepBack) return
  const push = window.history.pushState
  window.history.pushState = (state, unused, address) => {
    const same = new URL(address ?? '', window.location.href).pathname === window.location.pathname
    if (same) window.history.replaceState(state, unused, address)
    else push.call(window.history, state, unused, address)
  }
  window.history.pushState.oneStepBack = true
}
