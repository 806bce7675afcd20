export const visitor = 'world';

export function greeting(name) {
  return `Hello, ${name}!`;
}
