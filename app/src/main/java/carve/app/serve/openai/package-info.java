/** OpenAI's interface: chat completions, completions, models, and what is served beside them. */
package carve.app.serve.openai;
