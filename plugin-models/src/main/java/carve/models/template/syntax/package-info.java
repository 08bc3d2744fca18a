/**
 * The syntax of templates: tokens, expressions, statements, and the scopes of names.
 *
 * <p>It follows Jinja 3.1: {@link carve.models.template.syntax.TemplateLexer} splits a source as Jinja's lexer does with {@code trim_blocks}
 * and {@code lstrip_blocks}, {@link carve.models.template.syntax.StatementParser} and {@link
 * carve.models.template.syntax.ExpressionParser} make statements and expressions of the tokens, and {@link
 * carve.models.template.syntax.FrameSymbols} finds which names a scope hides before it assigns them.
 */
package carve.models.template.syntax;
