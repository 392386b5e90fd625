// Keeps who somebody is in a room until the tab is closed, and tells it after a reload: in the
// address it could be read from the wall that a projector shows it on. It stays kept while it is
// told, so that nobody is lost who reloads once more before the server has answered.
let told // and not taken: it is nobody's, and is not told again

export default function ({ data: { room, token }, setTriggerValue }) {
  const name = `mtlbus_room_${room}`
  try {
    if (token) {
      told = undefined
      return sessionStorage.setItem(name, token)
    }
    if (token === null) return sessionStorage.removeItem(name)
    const kept = sessionStorage.getItem(name)
    if (kept && kept !== told) setTriggerValue('token', told = kept)
  } catch { /* a browser that keeps nothing: whoever reloads is asked for a nickname */ }
}
