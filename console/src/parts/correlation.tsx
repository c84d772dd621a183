import { Code, CopyButton, UnstyledButton } from '@mantine/core';
import { sharedTexts } from '../texts/shared.ts';
import { useTexts } from '../texts/texts.ts';

/** An id that is copied by a click; nothing where there is none. */
export function CopyId({ id, label }: { readonly id: string; readonly label: string }) {
  const say = useTexts(sharedTexts);
  return (
    <CopyButton value={id}>
      {({ copied, copy }) => (
        <UnstyledButton onClick={copy} aria-label={`${say('copy', { label })}: ${id}`}>
          <Code style={{ overflowWrap: 'anywhere' }}>{copied ? say('copied') : id}</Code>
        </UnstyledButton>
      )}
    </CopyButton>
  );
}

export function Correlation({ id }: { readonly id: string | null | undefined }) {
  const say = useTexts(sharedTexts);
  return id == null ? null : <CopyId id={id} label={say('correlation')} />;
}
