/** Never gives its thread back, and says so to nobody. */
export async function endless(): Promise<void> {
  for (;;);
}

export async function brief(): Promise<string> {
  return 'done';
}
