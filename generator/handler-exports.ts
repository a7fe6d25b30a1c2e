// Which exports of a user's file are handlers, and of which jobs, from their syntax: `JobHandler<'job'>` as a declared type,
// in `satisfies`, in a cast, or as an argument's type. Never type-checked, never edited. A file with syntax errors gives what
// the parser can recover.
import { ts } from 'ts-morph';
import { type FilePlace, hasModifier, parseSource, placeOf } from './source-file.js';

export interface HandlerExport extends FilePlace {
  readonly job: string;
  /** Of the export; `default` for a default export. */
  readonly name: string;
}

/** Every export whose declaration names a JobHandler. */
export function handlerExports(path: string, text: string): HandlerExport[] {
  const file = parseSource(path, text);
  const aliases = typeAliases(file);
  const jobs = new Map<string, string>();
  const exported: { name: string; local: string; at: ts.Node }[] = [];
  for (const statement of file.statements) {
    for (const { name, node } of declarations(statement)) {
      const job = jobNamed(node, aliases);
      if (job !== null) jobs.set(name, job);
      if (isExported(statement))
        exported.push({ name: isDefault(statement) ? 'default' : name, local: name, at: node });
    }
    exported.push(...exportedLocals(statement));
  }
  return exported.flatMap(({ name, local, at }) => {
    const job = jobs.get(local);
    return job === undefined ? [] : [{ job, name, ...placeOf(file, at.getStart(file)) }];
  });
}

/** What a statement declares under a name; the expression of a default export under a name that none can have. */
function declarations(statement: ts.Statement): { name: string; node: ts.Node }[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap((node) =>
      ts.isIdentifier(node.name) ? [{ name: node.name.text, node }] : [],
    );
  }
  if (ts.isFunctionDeclaration(statement)) return [{ name: statement.name?.text ?? 'default', node: statement }];
  return ts.isExportAssignment(statement) ? [{ name: 'default', node: statement.expression }] : [];
}

function exportedLocals(statement: ts.Statement): { name: string; local: string; at: ts.Node }[] {
  if (ts.isExportAssignment(statement)) {
    const { expression } = statement;
    const local = ts.isIdentifier(expression) ? expression.text : 'default';
    return [{ name: 'default', local, at: expression }];
  }
  if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier !== undefined) return [];
  const { exportClause } = statement;
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [];
  return exportClause.elements.map((at) => ({ name: at.name.text, local: (at.propertyName ?? at.name).text, at }));
}

function isExported(statement: ts.Statement): boolean {
  return hasModifier(statement, ts.SyntaxKind.ExportKeyword);
}

function isDefault(statement: ts.Statement): boolean {
  return hasModifier(statement, ts.SyntaxKind.DefaultKeyword);
}

/** The job of the first `JobHandler<'job'>` in a declaration, not looking into the bodies of functions. */
function jobNamed(node: ts.Node, aliases: ReadonlySet<string>): string | null {
  if (ts.isBlock(node)) return null;
  if (ts.isTypeReferenceNode(node)) {
    const job = jobOfType(node, aliases);
    if (job !== null) return job.text;
  }
  return ts.forEachChild(node, (child) => jobNamed(child, aliases) ?? undefined) ?? null;
}

/** The names under which a file has the type JobHandler: its own, and what imports call it. */
export function typeAliases(file: ts.SourceFile): ReadonlySet<string> {
  const imported = file.statements.flatMap((statement) => {
    const bindings = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : undefined;
    return bindings !== undefined && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
  });
  const renamed = imported.filter(({ propertyName }) => propertyName?.text === 'JobHandler');
  return new Set(['JobHandler', ...renamed.map(({ name }) => name.text)]);
}

/** The literal in `JobHandler<'job'>`, or in the same of a namespace. */
export function jobOfType(node: ts.TypeReferenceNode, aliases: ReadonlySet<string>): ts.StringLiteral | null {
  const name = ts.isQualifiedName(node.typeName) ? node.typeName.right : node.typeName;
  const argument = node.typeArguments?.[0];
  if (!aliases.has(name.text) || argument === undefined || !ts.isLiteralTypeNode(argument)) return null;
  return ts.isStringLiteral(argument.literal) ? argument.literal : null;
}
