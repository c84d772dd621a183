import {
  Alert,
  Button,
  Container,
  Paper,
  PasswordInput,
  Stack,
  TextInput,
  Title,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { post } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import { setSession, type Session } from '../../api/session.ts';
import { Preferences } from '../../app/account-menu.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { loginTexts } from '../../texts/shell.ts';
import { useTexts } from '../../texts/texts.ts';

const FORM_WIDTH = 420;
const UNAUTHENTICATED = 401;

/** E-mail and password; afterwards the address that was asked for. */
export function LoginPage() {
  const say = useTexts(loginTexts);
  const { next }: { next?: unknown } = useSearch({ strict: false });
  const form = useForm({ initialValues: { email: '', password: '' } });
  const login = useMutation({
    mutationFn: (values: typeof form.values) => post<Session>('/admin/api/auth/login', values),
    onSuccess: setSession,
  });
  return (
    <Container component="main" size={FORM_WIDTH} py="xl">
      <title>XporY Cross-WL</title>
      <Paper withBorder p="lg">
        <form onSubmit={form.onSubmit((values) => login.mutate(values))}>
          <Stack>
            <Title order={1} size="h2">
              XporY Cross-WL
            </Title>
            {typeof next === 'string' && <Alert>{say('ended')}</Alert>}
            {isRefused(login.error) ? (
              <Alert color="red" role="alert">
                {say('refused')}
              </Alert>
            ) : (
              <ProblemAlert error={login.error} />
            )}
            <TextInput
              label={say('email')}
              type="email"
              autoComplete="username"
              required
              {...form.getInputProps('email')}
            />
            <PasswordInput
              label={say('password')}
              autoComplete="current-password"
              required
              {...form.getInputProps('password')}
            />
            <Button type="submit" loading={login.isPending}>
              {say('submit')}
            </Button>
            <Preferences />
          </Stack>
        </form>
      </Paper>
    </Container>
  );
}

function isRefused(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === UNAUTHENTICATED;
}
