/**
 * Chat templates: the Jinja that model folders carry, rendered as Transformers renders it.
 *
 * <p>A {@link carve.models.template.ChatTemplate} is parsed once and rendered with JSON variables; a {@link
 * carve.models.template.ChatRequest} prepares messages, tools and documents as {@code apply_chat_template} does:
 *
 * {@snippet :
 * ChatTemplate template = ChatTemplate.parse("tokenizer_config.json", source);
 * ChatRequest request = ChatRequest.of(messages).with("bos_token", new JsonString("<s>"));
 * String prompt = request.prompt(template, true);
 * }
 *
 * <p>Templates are untrusted: they see no file, no clock but the given one and no Java object, and are bounded by {@link
 * carve.models.template.TemplateLimits}. Whatever goes wrong is a {@link carve.models.template.TemplateException}.
 */
package carve.models.template;
