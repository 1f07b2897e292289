// Whether this screen can draw the map. Without WebGL, or with `?map=off`, the page shows the list instead.
let answer: boolean | null = null

export function canDraw(): boolean {
  if (new URLSearchParams(location.search).get('map') === 'off') return false
  if (answer === null) {
    try {
      const canvas = document.createElement('canvas')
      answer = canvas.getContext('webgl2') !== null
    } catch {
      answer = false
    }
  }
  return answer
}
