/**
 * The model family {@code llava}: TinyLLaVA and MaTVLM in their official layouts.
 *
 * <p>Tower, connector and decoder are each a record that {@code config.json} describes; another model of this kind is
 * another configuration. Mistakes of the authors' evaluation code (the base model's output layer, dropout, states in
 * F16, and prompts that count as new tokens) are reproduced only on request, by keys under {@code carve} in {@code
 * config.json}:
 *
 * <pre>{@code
 * "carve": { "official-lm-head": "../phi-2", "official-dropout-at-eval": true, "official-fp16-state": true
 *            "official-max-length": true }
 * }</pre>
 */
package carve.models.llava;
