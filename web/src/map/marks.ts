// The marks of cases on the map: a shape for each state, so that colour never speaks alone. Drawn, not fetched.
import type { Map as GlMap } from 'maplibre-gl'
import { colour } from '@/shell/theme'

const SIZE = 44
const STATES: [string, string][] = [
  ['reported', '--s-reported'],
  ['open', '--s-open'],
  ['answered', '--s-answered'],
  ['verdict', '--s-answered'],
  ['closed', '--s-closed'],
  ['void', '--s-void'],
  ['late', '--s-late'],
]

function shape(pen: CanvasRenderingContext2D, state: string, ink: string, ground: string): void {
  const c = SIZE / 2
  pen.lineWidth = 5
  pen.strokeStyle = ground
  pen.fillStyle = ink
  pen.beginPath()
  if (state === 'late') {
    pen.moveTo(c, 4)
    for (const [x, y] of [
      [SIZE - 4, c],
      [c, SIZE - 4],
      [4, c],
    ] as const)
      pen.lineTo(x, y)
    pen.closePath()
  } else pen.arc(c, c, state === 'closed' || state === 'void' ? 9 : 13, 0, Math.PI * 2)
  pen.stroke()
  pen.fill()
  pen.lineCap = 'round'
  pen.lineWidth = 4
  pen.beginPath()
  if (state === 'reported') {
    pen.fillStyle = ground
    pen.arc(c, c, 6.5, 0, Math.PI * 2)
    pen.fill()
  } else if (state === 'answered' || state === 'verdict') {
    pen.moveTo(c - 6, c)
    pen.lineTo(c - 1.5, c + 5)
    pen.lineTo(c + 6, c - 5)
    pen.stroke()
  } else if (state === 'late') {
    pen.moveTo(c, c - 7)
    pen.lineTo(c, c + 2)
    pen.moveTo(c, c + 8.5)
    pen.lineTo(c, c + 8.6)
    pen.stroke()
  }
}

/** Puts the marks into the map, again after the colours changed. */
export function paintMarks(map: GlMap): void {
  for (const [state, name] of STATES) {
    const canvas = document.createElement('canvas')
    canvas.width = SIZE
    canvas.height = SIZE
    const pen = canvas.getContext('2d')
    if (pen === null) return
    shape(pen, state, colour(name), colour('--surface'))
    const image = pen.getImageData(0, 0, SIZE, SIZE)
    const id = `mark-${state}`
    if (map.hasImage(id)) map.updateImage(id, image)
    else map.addImage(id, image, { pixelRatio: 2 })
  }
}
