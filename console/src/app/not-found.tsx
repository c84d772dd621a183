import { Container, Title } from '@mantine/core';
import { sharedTexts } from '../texts/shared.ts';
import { useTexts } from '../texts/texts.ts';
import { PageLink } from '../parts/page-link.tsx';

export function NotFoundPage() {
  const say = useTexts(sharedTexts);
  return (
    <Container component="main" py="xl">
      <Title order={1}>{say('notFound')}</Title>
      <PageLink to="/">XporY Cross-WL</PageLink>
    </Container>
  );
}
