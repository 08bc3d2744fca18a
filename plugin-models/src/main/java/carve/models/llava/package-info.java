/**
 * The model family {@code llava}: decoders that read pictures as words, TinyLLaVA and MaTVLM in their official layouts.
 *
 * <p>Tower, connector and decoder are each a record that {@code config.json} describes; another model of this kind is
 * another configuration. What the authors' evaluation does by mistake, the base model's output layer, dropout, states in F16,
 * and prompts that count as answers, is done on request alone, by keys under {@code carve} in {@code config.json}:
 *
 * <pre>{@code
 * "carve": { "official-lm-head": "../phi-2", "official-dropout-at-eval": true, "official-fp16-state": true
 *            "official-max-length": true }
 * }</pre>
 */
package carve.models.llava;
