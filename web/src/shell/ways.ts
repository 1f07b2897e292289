// The way to the sign-in and back to where somebody wanted to go.
const HOME = '/inbox'

/** Where somebody goes once they are signed in. Only ways within this page: a link must not lead a fresh token's
 * owner elsewhere, nor back to the sign-in. */
export function wanted(to: unknown): string {
  const within = typeof to === 'string' && /^\/(?![/\\])/.test(to) && !/^\/sign-in\b/.test(to)
  return within ? to : HOME
}

/** Pages that everybody sees: nobody signs in to see them again. */
const OPEN = /^\/(call|follow)?(\?|$)/

/** The sign-in, as it is reached from a page. */
export function signInFrom(path: string) {
  return { path: '/sign-in', query: wanted(path) === path && !OPEN.test(path) ? { to: path } : {} }
}
