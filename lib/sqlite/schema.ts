/**
 * The tables of a relay's SQLite file.
 *
 *     config    kind, id                        attributes
 *     event     orderKey, eventId               attributes, owedTo, dueAt, listedFor, expiresAt, outcomes
 *     payload   orderKey, eventId               contentType, contentEncoding, body or bodyGzip, erasedAt, expiresAt
 *     delivery  orderKey, eventId, endpointId   attributes, owedTo, dueAt, expiresAt
 *     alias     aliasKey, orderKey              attributes, expiresAt
 *     message   id                              queue, body, sentAt
 *
 * The names are those of the DynamoDB tables. Attributes that an index needs have columns of their own; `attributes` is a
 * JSON object with the others. The outcomes of an event are a JSON object of their own: they grow with the endpoints, and
 * fan-out reads an order's earlier events without them. Times are texts in ISO 8601, so people can read and edit them with
 * any SQLite tool. A body is a text if it is valid UTF-8. A `message` wakes the running relay: another process wrote it.
 */

/** In the header of the file: tells it apart from the files of other programs. It spells `SRly`. */
export const APPLICATION_ID = 0x53_52_6c_79;

/** The first migration leads to `user_version` 1, the second to 2. Never change one that was released: append one. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE config (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    attributes TEXT NOT NULL CHECK (json_type(attributes) = 'object'),
    PRIMARY KEY (kind, id)
  ) STRICT;

  CREATE TABLE event (
    orderKey TEXT NOT NULL,
    eventId TEXT NOT NULL,
    attributes TEXT NOT NULL CHECK (json_type(attributes) = 'object'),
    owedTo TEXT,
    dueAt TEXT,
    listedFor TEXT,
    expiresAt TEXT,
    PRIMARY KEY (orderKey, eventId)
  ) STRICT;
  CREATE INDEX eventByTime ON event (eventId, orderKey);
  CREATE INDEX eventOwed ON event (owedTo, dueAt, orderKey, eventId) WHERE owedTo IS NOT NULL;
  CREATE INDEX eventListed ON event (listedFor, eventId, orderKey) WHERE listedFor IS NOT NULL;
  CREATE INDEX eventExpiring ON event (expiresAt);

  CREATE TABLE payload (
    orderKey TEXT NOT NULL,
    eventId TEXT NOT NULL,
    contentType TEXT,
    contentEncoding TEXT,
    body ANY,
    bodyGzip BLOB,
    erasedAt TEXT,
    expiresAt TEXT,
    PRIMARY KEY (orderKey, eventId)
  ) STRICT;
  CREATE INDEX payloadExpiring ON payload (expiresAt);

  CREATE TABLE delivery (
    orderKey TEXT NOT NULL,
    eventId TEXT NOT NULL,
    endpointId TEXT NOT NULL,
    attributes TEXT NOT NULL CHECK (json_type(attributes) = 'object'),
    owedTo TEXT,
    dueAt TEXT,
    expiresAt TEXT,
    PRIMARY KEY (orderKey, eventId, endpointId)
  ) STRICT;
  CREATE INDEX deliveryByEndpoint ON delivery (endpointId, eventId, orderKey);
  CREATE INDEX deliveryOwed ON delivery (owedTo, dueAt, orderKey, eventId, endpointId) WHERE owedTo IS NOT NULL;
  CREATE INDEX deliveryExpiring ON delivery (expiresAt) WHERE expiresAt IS NOT NULL;

  CREATE TABLE alias (
    aliasKey TEXT NOT NULL,
    orderKey TEXT NOT NULL,
    attributes TEXT NOT NULL CHECK (json_type(attributes) = 'object'),
    expiresAt TEXT,
    PRIMARY KEY (aliasKey, orderKey)
  ) STRICT;
  CREATE INDEX aliasExpiring ON alias (expiresAt);

  CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    body TEXT NOT NULL,
    sentAt TEXT NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE event ADD COLUMN outcomes TEXT CHECK (json_valid(outcomes) AND json_type(outcomes) = 'object');
  UPDATE event SET outcomes = json_extract(attributes, '$.outcomes'), attributes = json_remove(attributes, '$.outcomes')
    WHERE json_type(attributes, '$.outcomes') = 'object';
  `,
];
