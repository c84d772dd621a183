/** A page of the console, as the router takes it. */
export interface Place {
  readonly to: string;
  readonly search?: Readonly<Record<string, string>>;
}

/** Where what a notification is about can be seen; undefined where no page shows it. */
export function placeOf(subject: string): Place | undefined {
  const [noun, first = '', second = '', third = ''] = subject.split('/');
  switch (noun) {
    case 'trade':
      return {
        to: `/trades/${encodeURIComponent(third)}`,
        search: { importer: first, exporter: second },
      };
    case 'pair':
      return { to: '/balance', search: { wlId: first, partner: second } };
    case 'wl':
      return { to: `/wls/${first}` };
    case 'plan':
      return { to: '/plans', search: { src: first, dst: second } };
    case 'settlement':
      return { to: '/settlements' };
    default:
      return undefined;
  }
}
