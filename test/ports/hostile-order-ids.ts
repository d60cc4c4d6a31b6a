/** Order ids that nobody should send, by what is hostile about them. */
export const HOSTILE_ORDER_IDS: Readonly<Record<string, string>> = {
  'full of separators': '#event#evt_/../delivery#/',
  'in other scripts': 'Bestellung-ß-注文-طلب-🧵',
  'made of control characters': '\u0000\u0001\u007f\u2028\ufffe\uffff',
  'a lone surrogate': 'x\ud800y',
  'like a row of its own': 'event#evt_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  'like an expression': ':orderKey OR #sk = :prefix',
  '5,000 characters long': 'o'.repeat(5_000),
  '2,000 characters of four bytes long': '🧵'.repeat(2_000),
};
