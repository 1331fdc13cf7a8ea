import {
  type GraphQLAbstractType,
  GraphQLEnumType,
  GraphQLError,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSchema,
  type GraphQLType,
  type GraphQLTypeResolver,
  GraphQLUnionType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import type { Context } from '../context/context.ts';
import { ownNameOf, prefixOf } from '../graphql/type-names.ts';

/*
 * Adds a prefix to the type names of a schema, so that it can be composed with other subgraphs that
 * use the names without the prefix. Fields, arguments and ids stay unchanged.
 */

/** Types that keep their names, because each subgraph with Relay connections defines them. */
const SHARED = ['PageInfo'];

type Field = GraphQLFieldConfig<unknown, Context>;

/** Returns a function that adds the prefix to the names of object types in an error message. */
export function renamerOfErrors(schema: GraphQLSchema): (error: unknown) => unknown {
  const prefix = prefixOf(schema);
  if (!prefix) return (error) => error;
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const names = types.filter((type) => ownNameOf(type) !== type.name).map(ownNameOf);
  const word = new RegExp(`\\b(?:${names.join('|')})\\b`, 'g');
  return (error) => {
    if (!(error instanceof GraphQLError)) return error;
    const message = error.message.replace(word, (name) => `${prefix}${name}`);
    return new GraphQLError(message, { extensions: error.extensions });
  };
}

/** Wraps a resolver, so that its error messages contain the type names with the prefix. */
export function withErrors<Args extends readonly unknown[], Result>(
  resolve: (...args: Args) => Result,
  rename: (error: unknown) => unknown,
): (...args: Args) => Result {
  const fail = (error: unknown): never => {
    throw rename(error);
  };
  return (...args) => {
    try {
      const result = resolve(...args);
      return result instanceof Promise ? (result.catch(fail) as Result) : result;
    } catch (error) {
      return fail(error);
    }
  };
}

/**
 * Returns a copy of the schema with a prefix before the names of all types except root types,
 * scalars and PageInfo.
 */
export function prefixTypes(schema: GraphQLSchema, prefix: string): GraphQLSchema {
  const { types, query, mutation, subscription, ...config } = schema.toConfig();
  const roots: readonly unknown[] = [query, mutation, subscription];
  const renamed = new Map<GraphQLNamedType, GraphQLNamedType>();
  const rename = (error: unknown) => renameError(error);

  const named = <Type extends GraphQLNamedType>(type: Type): Type => {
    const known = renamed.get(type) ?? create(type);
    renamed.set(type, known);
    return known as Type;
  };
  const typeOf = <Type extends GraphQLType>(type: Type): Type => {
    if (isNonNullType(type)) return new GraphQLNonNull(typeOf(type.ofType)) as unknown as Type;
    if (isListType(type)) return new GraphQLList(typeOf(type.ofType)) as unknown as Type;
    return named(type as GraphQLNamedType) as Type;
  };
  const withTypes = <Part extends { type: GraphQLType }>(parts: Readonly<Record<string, Part>>) =>
    Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [name, { ...part, type: typeOf(part.type) }]),
    ) as Record<string, Part>;
  const fieldsOf = (fields: GraphQLFieldConfigMap<unknown, Context>, isRoot: boolean) => {
    const changed = Object.entries(withTypes(fields)).map(([name, field]): [string, Field] => {
      const args = withTypes(field.args ?? {});
      if (!isRoot) return [name, { ...field, args }];
      const resolve = field.resolve && withErrors(field.resolve, rename);
      const subscribe = field.subscribe && withErrors(field.subscribe, rename);
      return [
        name,
        { ...field, args, ...(resolve && { resolve }), ...(subscribe && { subscribe }) },
      ];
    });
    return Object.fromEntries(changed);
  };
  const resolverOf = (resolve: GraphQLTypeResolver<unknown, Context> | null | undefined) =>
    resolve &&
    ((value: unknown, context: Context, info: GraphQLResolveInfo, type: GraphQLAbstractType) =>
      `${prefix}${String(resolve(value, context, info, type))}`);
  const nameOf = (type: GraphQLNamedType) => {
    const isKept = roots.includes(type) || SHARED.includes(type.name);
    const extensions = { ...type.extensions, ownName: type.name };
    return isKept ? {} : { name: `${prefix}${type.name}`, extensions };
  };
  const create = (type: GraphQLNamedType): GraphQLNamedType => {
    if (isIntrospectionType(type)) return type;
    if (isObjectType(type)) {
      const own = type.toConfig();
      return new GraphQLObjectType({
        ...{ ...own, ...nameOf(type) },
        interfaces: () => own.interfaces.map(named),
        fields: () => fieldsOf(own.fields, roots.includes(type)),
      });
    }
    if (isInterfaceType(type)) {
      const own = type.toConfig();
      return new GraphQLInterfaceType({
        ...{ ...own, ...nameOf(type), resolveType: resolverOf(own.resolveType) },
        interfaces: () => own.interfaces.map(named),
        fields: () => fieldsOf(own.fields, false),
      });
    }
    if (isUnionType(type)) {
      const own = type.toConfig();
      const resolveType = resolverOf(own.resolveType);
      return new GraphQLUnionType({
        ...{ ...own, ...nameOf(type), resolveType },
        types: () => own.types.map(named),
      });
    }
    if (isInputObjectType(type)) {
      const own = type.toConfig();
      return new GraphQLInputObjectType({
        ...{ ...own, ...nameOf(type) },
        fields: () => withTypes(own.fields),
      });
    }
    if (isEnumType(type)) return new GraphQLEnumType({ ...type.toConfig(), ...nameOf(type) });
    return type;
  };

  const result = new GraphQLSchema({
    ...config,
    query: query && named(query),
    mutation: mutation && named(mutation),
    subscription: subscription && named(subscription),
    types: types.map(named),
    extensions: { ...config.extensions, typePrefix: prefix },
  });
  const renameError = renamerOfErrors(result);
  return result;
}
