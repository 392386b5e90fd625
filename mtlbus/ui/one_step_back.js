// Streamlit pushes each new set of query parameters as a step of the browser's history: one for the
// page, one for what it opens with, one for each moved slider. Here only another page is a step.
{
  const push = window.history.pushState
  window.history.pushState = (state, unused, address) => {
    const same = new URL(address ?? '', window.location.href).pathname === window.location.pathname
    if (same) window.history.replaceState(state, unused, address)
    else push.call(window.history, state, unused, address)
  }
}
