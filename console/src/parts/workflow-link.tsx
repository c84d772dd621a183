import { Anchor } from '@mantine/core';
import { useServerSession } from '../api/queries.ts';
import { sharedTexts } from '../texts/shared.ts';
import { useTexts } from '../texts/texts.ts';

interface Props {
  /** `cp`, or the id of the white label whose engine runs it. */
  readonly party: string;
  readonly workflowId: string;
  readonly children?: string;
}

/** The workflow in the Temporal UI; only its id where nobody knows that UI or namespace. */
export function WorkflowLink({ party, workflowId, children }: Props) {
  const say = useTexts(sharedTexts);
  const session = useServerSession();
  const namespace = session?.namespaces[party];
  const ui = session?.temporalUiUrl;
  if (ui == null || namespace === undefined) return <span>{workflowId}</span>;
  const id = encodeURIComponent(workflowId);
  return (
    <Anchor
      href={`${ui}/namespaces/${namespace}/workflows/${id}`}
      target="_blank"
      rel="noreferrer"
      title={`${say('workflow')}: ${workflowId} (${say('newWindow')})`}
      style={{ overflowWrap: 'anywhere' }}
    >
      {children ?? workflowId}
    </Anchor>
  );
}
