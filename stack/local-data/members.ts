import type { WlSlug } from '../parties.ts';

/** Members of the local stack: known ids and tokens, refused nowhere but useless elsewhere. */
export interface Member {
  readonly accountId: string;
  readonly token: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly buyOffer: boolean;
  /** Decimal amounts by currency. */
  readonly funds: Readonly<Record<string, string>>;
  /** For the table that the stack prints. */
  readonly about: string;
}

export interface LocalTrader {
  readonly traderId: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
}

/** The run book's buyer. */
export const BUYER: Member = {
  accountId: '8780',
  token: 'codex-token-3',
  name: 'Comércio Aurora Ltda',
  email: 'compras@comercioaurora.example',
  phone: '+55 11 90000-8780',
  buyOffer: true,
  funds: { XIM: '100000.00', BRL: '10000.00' },
  about: 'may buy',
};

/** The run book's account for quality assurance. */
export const QA_MEMBER: Member = {
  accountId: '90805',
  token: 'qa-preflight-token',
  name: 'QA Preflight',
  email: 'qa.preflight@xpory.local',
  phone: '+55 11 90000-0805',
  buyOffer: true,
  funds: { XIM: '5000.00', BRL: '5000.00' },
  about: 'may buy, for QA',
};

export const UNPRIVILEGED: Member = {
  accountId: '90806',
  token: 'sem-permissao-token',
  name: 'Escritório Lima',
  email: 'financeiro@escritoriolima.example',
  phone: '+55 21 90000-0806',
  buyOffer: false,
  funds: { XIM: '5000.00', BRL: '500.00' },
  about: 'without the privilege to buy',
};

export const PENNILESS: Member = {
  accountId: '90807',
  token: 'sem-saldo-token',
  name: 'Loja Vazia',
  email: 'contato@lojavazia.example',
  phone: '+55 31 90000-0807',
  buyOffer: true,
  funds: {},
  about: 'without funds',
};

const EXPORTER_MEMBER: Member = {
  accountId: '7700',
  token: 'exporter-token-1',
  name: 'Mercado Serra Azul',
  email: 'pedidos@serraazul.example',
  phone: '+55 54 90000-7700',
  buyOffer: true,
  funds: { XEX: '50000.00', BRL: '5000.00' },
  about: 'may buy',
};

export const MEMBERS: Readonly<Record<WlSlug, readonly Member[]>> = {
  exporter: [EXPORTER_MEMBER],
  importer: [BUYER, QA_MEMBER, UNPRIVILEGED, PENNILESS],
};

export const TRADERS: Readonly<Record<WlSlug, LocalTrader>> = {
  exporter: {
    traderId: 'trader-exporter-1',
    name: 'Conta Trader Exporter',
    email: 'exporter@example.com',
    phone: '+55 11 90000-0001',
  },
  importer: {
    traderId: 'trader-importer-1',
    name: 'Conta Trader Importer',
    email: 'importer@example.com',
    phone: '+55 11 90000-0002',
  },
};
