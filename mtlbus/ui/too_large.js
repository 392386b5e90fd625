// Reports a file that is too large for the uploader that it was given to; the file stays where it is.
export default function ({ data, setTriggerValue }) {
  const look = event => {
    const given = event.dataTransfer?.files ?? event.clipboardData?.files ?? event.target?.files
    const uploader = data.uploaders.find(name => event.target?.closest?.(`[class*="st-key-${name}"]`))
    const file = uploader && given?.length === 1 && given[0].size > data.most ? given[0] : null
    if (file) setTriggerValue('file', { name: file.name, size: file.size, uploader })
  }
  const kinds = ['change', 'drop', 'paste']
  kinds.forEach(kind => document.addEventListener(kind, look, true))
  return () => kinds.forEach(kind => document.removeEventListener(kind, look, true))
}
