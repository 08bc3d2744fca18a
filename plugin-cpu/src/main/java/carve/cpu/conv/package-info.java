/**
 * Causal depthwise convolutions over positions: forward and backward for sequences, and step by step for decoding.
 *
 * <p>{@link carve.cpu.conv.ConvStep} is one position with four taps, the hot loop of Mamba-2 decoding; it has a scalar form and one in
 * machine code with the same bits. To make another kernel width fast, add its loop to {@code FixedTapConv} and, for
 * steps, an implementation of {@code ConvStep} to {@link carve.cpu.conv.ConvStepLoop}.
 */
package carve.cpu.conv;
