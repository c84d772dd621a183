import { useEffect, useState } from 'react';
import type { Language } from '../texts/texts.ts';

const TICK_MS = 1_000;
const SECOND_MS = 1_000;
const SECONDS = 60;
const HOUR_SECONDS = 3_600;
const TWO_DIGITS = 2;

/** The present, once a second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** `23:59:07`, in hours, minutes and seconds; undefined where the moment is past. */
export function leftUntil(at: string, now: number, language: Language): string | undefined {
  const left = Math.floor((Date.parse(at) - now) / SECOND_MS);
  if (left < 0) return undefined;
  const format = new Intl.NumberFormat(language, { minimumIntegerDigits: TWO_DIGITS });
  const parts = [left / HOUR_SECONDS, (left / SECONDS) % SECONDS, left % SECONDS];
  return parts.map((part) => format.format(Math.floor(part))).join(':');
}
