// Keeps who somebody is in a room until the tab is closed, and tells it after a reload: in the
// address it could be read from the wall that a projector shows it on.
export default function ({ data: { room, token }, setTriggerValue }) {
  const name = `mtlbus_room_${room}`
  try {
    if (token) return sessionStorage.setItem(name, token)
    const kept = sessionStorage.getItem(name)
    sessionStorage.removeItem(name) // it comes back if it is somebody's
    if (kept && token !== null) setTriggerValue('token', kept)
  } catch { /* a browser that keeps nothing: whoever reloads is asked for a nickname */ }
}
