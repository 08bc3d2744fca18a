/**
 * The optimizer {@code adamw} and the schedules {@code warmup-stable-decay}, {@code cosine}, {@code linear} and {@code constant}.
 *
 * <pre>{@code
 * optimizer { type = adamw, learning-rate = 1e-3, weight-decay = 0.05 }
 * schedule  { type = warmup-stable-decay, warmup = 2000, stable = 16000, decay = 2000 }
 * }</pre>
 */
package carve.distill.optimizer;
