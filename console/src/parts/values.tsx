import { Text } from '@mantine/core';
import { useLanguage, useTexts, type Language } from '../texts/texts.ts';
import { sharedTexts } from '../texts/shared.ts';

/** A decimal string of the wire in the language's form; no digit is lost on the way. */
export function moneyText(amount: string, currency: string | null, language: Language): string {
  const format = new Intl.NumberFormat(language, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  // Decimal strings are formatted as they are; they are never numbers.
  const text = format.format(amount as Intl.StringNumericLiteral);
  return currency === null ? text : `${text} ${currency}`;
}

interface MoneyProps {
  readonly amount: string | null | undefined;
  readonly currency?: string | null;
}

export function Money({ amount, currency = null }: MoneyProps) {
  const language = useLanguage();
  return <span>{amount == null ? '–' : moneyText(amount, currency, language)}</span>;
}

export function timeText(at: string, language: Language): string {
  const options = { dateStyle: 'short', timeStyle: 'medium' } as const;
  return new Intl.DateTimeFormat(language, options).format(new Date(at));
}

/** An instant in the browser's own zone; the exact one is in the title. */
export function Time({ at }: { readonly at: string | null | undefined }) {
  const say = useTexts(sharedTexts);
  const language = useLanguage();
  if (at == null) return <Text span>{say('never')}</Text>;
  return (
    <time dateTime={at} title={at}>
      {timeText(at, language)}
    </time>
  );
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** Milliseconds as a person says them. */
export function durationText(ms: number | null | undefined, language: Language): string {
  if (ms == null) return '–';
  const format = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  if (ms < SECOND_MS) return `${format.format(Math.round(ms))} ms`;
  if (ms < MINUTE_MS) return `${format.format(ms / SECOND_MS)} s`;
  return `${format.format(ms / MINUTE_MS)} min`;
}
