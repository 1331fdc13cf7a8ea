/*
 * Validates GitLab's rows with Ajv, by schemas derived from `shapes`, but only if the environment variable DUTIES
 * is set.
 */
import Ajv from 'ajv';
import { named, restName, shapes } from '../shapes.js';

const scalars = {
  ID: ['integer', 'string', 'null'],
  String: ['string', 'null'],
  Upper: ['string', 'null'],
  Boolean: ['boolean', 'null'],
  Int: ['integer', 'null'],
  Float: ['number', 'null'],
};

function schemaOf(type) {
  if (type.startsWith('[')) return { type: ['array', 'null'], items: schemaOf(named(type)) };
  if (scalars[type]) return { type: scalars[type] };
  const fields = Object.entries(shapes[type]);
  const properties = fields.map(([field, of]) => [restName(field), schemaOf(of)]);
  return { type: ['object', 'null'], properties: Object.fromEntries(properties) };
}

function createValidator(schema) {
  if (!process.env.DUTIES) return (value) => value;
  const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
  return (value) => {
    if (!validate(value)) throw new Error(`GitLab sent another row: ${validate.errors[0].message}`);
    return value;
  };
}

/** These validators return the value, or throw if it is invalid. Without DUTIES they check nothing. */
export const validateJob = createValidator(schemaOf('Job'));
export const validateList = createValidator(schemaOf('[Job]'));
