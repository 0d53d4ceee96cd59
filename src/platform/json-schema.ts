import * as z from 'zod';
import { PlatformSchema } from './platform-settings.ts';

/** The part of JSON Schema that the schema of the settings uses. */
export interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: JsonSchema[];
  readonly oneOf?: JsonSchema[];
}

let made: JsonSchema | undefined;

/**
 * JSON Schema of `platform.yaml`, for editors and for the suggestions of `parse.ts`. To make it takes longer than to
 * parse a file, which asks for it once for each unknown setting.
 */
export function platformJsonSchema(): JsonSchema {
  made ??= makeSchema();
  return made;
}

function makeSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(PlatformSchema, { io: 'input' });
  return { $schema, title: 'platform.yaml of lakekeeper-gitops', ...schema } as JsonSchema;
}
