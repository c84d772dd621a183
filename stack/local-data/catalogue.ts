/** What the marketplaces of the local stack own: invented, but as a real one would look. */

export interface CatalogueOffer {
  readonly offerId: string;
  readonly title: string;
  readonly categoryId: string;
  readonly entityId: string;
  /** Decimal, in the WL's own currency. */
  readonly unitPrice: string;
  readonly stock: number;
  readonly status: 'ENABLED' | 'DISABLED';
}

export interface Catalogue {
  readonly categories: Readonly<Record<string, string>>;
  readonly entities: Readonly<Record<string, string>>;
  readonly offers: readonly CatalogueOffer[];
}

type Row = readonly [
  title: string,
  categoryId: string,
  entityId: string,
  unitPrice: string,
  stock: number,
  status?: 'DISABLED',
];

const EXPORTER_CATEGORIES = {
  '3': 'Alimentação',
  '5': 'Hospedagem e turismo',
  '7': 'Saúde e bem-estar',
  '9': 'Casa e decoração',
  '11': 'Educação',
  '12': 'Serviços gráficos',
  '15': 'Veículos e peças',
  '18': 'Tecnologia',
  '21': 'Eventos e festas',
} as const;

const EXPORTER_ENTITIES = {
  '70101': 'Padaria Flor do Trigo',
  '70102': 'Pousada Vale das Araucárias',
  '70103': 'Clínica Bem Viver',
  '70104': 'Marcenaria Dois Irmãos',
  '70105': 'Instituto Saber Mais',
  '70106': 'Gráfica Rápida Horizonte',
  '70107': 'Oficina do Zé',
  '70108': 'InfoNorte Tecnologia',
  '70109': 'Buffet Jardim das Festas',
} as const;

const EXPORTER_ROWS: readonly Row[] = [
  ['Aluguel de mesas e cadeiras, 50 lugares', '21', '70109', '640.00', 12],
  ['Aparador de madeira maciça', '9', '70104', '1450.00', 8],
  ['Assessoria para casamento completo', '21', '70109', '6800.00', 6],
  ['Aula particular de inglês, 10 horas', '11', '70105', '890.00', 20],
  ['Avaliação nutricional com plano alimentar', '7', '70103', '280.00', 30],
  ['Backup em nuvem, 12 meses', '18', '70108', '540.00', 50],
  ['Banner em lona 200 x 100 cm', '12', '70106', '119.90', 40],
  ['Berço montessoriano em pinus', '9', '70104', '940.00', 7],
  ['Bolo de chocolate 3 kg sob encomenda', '3', '70101', '149.90', 25],
  ['Buffet de aniversário para 40 pessoas', '21', '70109', '3950.00', 10],
  ['Cabo de rede cat6, instalação por ponto', '18', '70108', '95.00', 50],
  ['Cadeira ergonômica para escritório', '9', '70104', '980.00', 15],
  ['Café colonial para duas pessoas', '5', '70102', '158.00', 30],
  ['Caixa de pães artesanais', '3', '70101', '54.90', 50],
  ['Cartões de visita, 1.000 unidades', '12', '70106', '139.00', 45],
  ['Cesta de café da manhã', '3', '70101', '189.00', 35],
  ['Chalé para casal, 2 diárias', '5', '70102', '1360.00', 9],
  ['Coffee break para 20 pessoas', '3', '70101', '520.00', 18],
  ['Consulta odontológica com limpeza', '7', '70103', '240.00', 40],
  ['Convites de casamento, 100 unidades', '12', '70106', '690.00', 14],
  ['Curso de Excel avançado', '11', '70105', '420.00', 30],
  ['Curso de marcenaria para iniciantes', '11', '70104', '760.00', 10],
  ['Curso de oratória em grupo', '11', '70105', '380.00', 22],
  ['Day use na piscina com almoço', '5', '70102', '210.00', 28],
  ['Decoração de festa infantil', '21', '70109', '1890.00', 8],
  ['Diária em suíte master', '5', '70102', '720.00', 12],
  ['Drenagem linfática, 5 sessões', '7', '70103', '450.00', 20],
  ['Ensaio fotográfico ao ar livre', '21', '70109', '850.00', 11],
  ['Escrivaninha sob medida', '9', '70104', '1690.00', 5],
  ['Estante modular de carvalho', '9', '70104', '2240.00', 1],
  ['Fisioterapia, pacote de 10 sessões', '7', '70103', '1100.00', 16],
  ['Folders A4, 500 unidades', '12', '70106', '310.00', 30],
  ['Formatação de computador com garantia', '18', '70108', '160.00', 50],
  ['Guirlanda artesanal de natal', '9', '70104', '129.00', 0],
  ['Hospedagem de site, 12 meses', '18', '70108', '390.00', 50],
  ['Impressão de apostilas, 100 páginas', '12', '70106', '45.00', 50],
  ['Kit de salgados, 100 unidades', '3', '70101', '110.00', 45],
  ['Licença de antivírus para 5 máquinas', '18', '70108', '299.00', 50],
  ['Massagem relaxante de 60 minutos', '7', '70103', '170.00', 32],
  ['Mentoria de carreira, 4 encontros', '11', '70105', '1200.00', 9],
  ['Mesa de jantar com 6 lugares', '9', '70104', '3400.00', 3],
  ['Monitor de 27 polegadas', '18', '70108', '1390.00', 12],
  ['Noite romântica com jantar', '5', '70102', '1150.00', 2],
  ['Notebook corporativo 16 GB', '18', '70108', '4890.00', 6],
  ['Panetone artesanal de 500 g', '3', '70101', '48.00', 0],
  ['Passeio guiado pela serra', '5', '70102', '130.00', 24],
  ['Pilates, mensalidade duas vezes por semana', '7', '70103', '320.00', 26],
  ['Placa de fachada em ACM', '12', '70106', '2150.00', 4],
  ['Prateleira flutuante de 90 cm', '9', '70104', '135.00', 33],
  ['Quadro de avisos magnético', '9', '70106', '155.00', 19],
  ['Reparo de notebook com diagnóstico', '18', '70108', '230.00', 40],
  ['Sistema de câmeras com 4 pontos', '18', '70108', '2690.00', 5, 'DISABLED'],
  ['Som e iluminação para eventos', '21', '70109', '1750.00', 7],
  ['Tábua de frios para 10 pessoas', '3', '70101', '260.00', 21],
  ['Terapia de casal, sessão avulsa', '7', '70103', '290.00', 15, 'DISABLED'],
  ['Torta salgada de frango 2 kg', '3', '70101', '98.00', 27],
  ['Tradução juramentada por lauda', '11', '70105', '85.00', 50],
  ['Workshop de fotografia com celular', '11', '70105', '190.00', 18, 'DISABLED'],
  ['Alinhamento e balanceamento', '15', '70107', '180.00', 40],
  ['Bateria automotiva 60 Ah', '15', '70107', '560.00', 14],
  ['Higienização interna completa', '15', '70107', '350.00', 20],
  ['Jogo de pneus aro 16', '15', '70107', '2380.00', 6],
  ['Revisão de freios', '15', '70107', '480.00', 18],
  ['Troca de óleo com filtro', '15', '70107', '260.00', 30],
];

const IMPORTER_CATEGORIES = {
  '2': 'Moda',
  '4': 'Beleza',
  '6': 'Esporte e lazer',
} as const;

const IMPORTER_ENTITIES = {
  '90701': 'Ateliê Costura Fina',
  '90702': 'Salão Espaço Bella',
  '90703': 'Academia Movimento',
} as const;

const IMPORTER_ROWS: readonly Row[] = [
  ['Ajuste de vestido de festa', '2', '90701', '140.00', 30],
  ['Barba e cabelo', '4', '90702', '75.00', 50],
  ['Coloração completa', '4', '90702', '280.00', 25],
  ['Dia da noiva', '4', '90702', '1350.00', 6],
  ['Mensalidade de musculação', '6', '90703', '120.00', 50],
  ['Natação infantil, 8 aulas', '6', '90703', '310.00', 16],
  ['Terno sob medida', '2', '90701', '1890.00', 5],
  ['Uniforme bordado, 10 peças', '2', '90701', '650.00', 12],
];

// Below the numbers that the database gives out itself (10001 onwards).
const EXPORTER_FIRST_ID = 5_001;
const IMPORTER_FIRST_ID = 6_001;

export const EXPORTER_CATALOGUE: Catalogue = {
  categories: EXPORTER_CATEGORIES,
  entities: EXPORTER_ENTITIES,
  offers: EXPORTER_ROWS.map((row, index) => offerOf(row, EXPORTER_FIRST_ID + index)),
};

export const IMPORTER_CATALOGUE: Catalogue = {
  categories: IMPORTER_CATEGORIES,
  entities: IMPORTER_ENTITIES,
  offers: IMPORTER_ROWS.map((row, index) => offerOf(row, IMPORTER_FIRST_ID + index)),
};

function offerOf(row: Row, id: number): CatalogueOffer {
  const [title, categoryId, entityId, unitPrice, stock, status = 'ENABLED'] = row;
  return { offerId: String(id), title, categoryId, entityId, unitPrice, stock, status };
}
