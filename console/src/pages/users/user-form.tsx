import { Button, Checkbox, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { ask } from '../../api/client.ts';
import type { Role } from '../../api/session.ts';
import type { User } from '../../api/types.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useSaving } from '../../parts/saving.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import { userTexts } from '../../texts/users.ts';

const ROLES: readonly Role[] = ['master', 'operator', 'risk', 'support', 'auditor'];

interface Props {
  /** Absent: a new one. */
  readonly user?: User;
  readonly onSaved: () => void;
}

export function UserForm({ user, onSaved }: Props) {
  const say = useTexts(userTexts);
  const shared = useTexts(sharedTexts);
  const form = useForm({
    initialValues: {
      email: '',
      name: user?.name ?? '',
      password: '',
      roles: [...(user?.roles ?? [])] as string[],
    },
  });
  const saving = useSaving({
    form,
    save: (values: typeof form.values) => {
      // What is empty stays as it is.
      const said = Object.entries(values).filter(([, value]) => value !== '');
      const body = Object.fromEntries(said);
      return user === undefined
        ? ask('POST', '/admin/api/users', { body })
        : ask('PATCH', `/admin/api/users/${user.id}`, { body });
    },
    onSaved,
  });
  return (
    <form onSubmit={form.onSubmit((values) => saving.mutate(values))} noValidate>
      <Stack>
        <ProblemAlert error={saving.error} shownAtFields />
        {user === undefined && (
          <TextInput
            label={say('email')}
            type="email"
            autoComplete="off"
            required
            {...form.getInputProps('email')}
          />
        )}
        <TextInput label={say('name')} autoComplete="off" {...form.getInputProps('name')} />
        <PasswordInput
          label={say('password')}
          description={say(user === undefined ? 'passwordHint' : 'passwordKept')}
          autoComplete="new-password"
          required={user === undefined}
          aria-invalid={form.errors['password'] !== undefined}
          {...form.getInputProps('password')}
        />
        <Checkbox.Group label={say('roles')} required {...form.getInputProps('roles')}>
          <Stack gap="xs" mt="xs">
            {ROLES.map((role) => (
              <Checkbox key={role} value={role} label={say(role)} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Group justify="flex-end">
          <Button type="submit" loading={saving.isPending}>
            {shared('save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
