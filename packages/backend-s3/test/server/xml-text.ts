const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};
const characters = new Map(Object.entries(entities).map(([character, entity]) => [entity, character]));

/** A text as it stands in XML. */
export function toXml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** What stands in XML. */
export function fromXml(xml: string): string {
  return xml.replaceAll(/&\w+;/g, (entity) => characters.get(entity) ?? entity);
}
