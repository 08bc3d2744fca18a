/**
 * The SPI of losses. A third party writes a {@link carve.api.loss.Loss} and its {@link carve.api.loss.LossProvider}; it is
 * finished when a test of its that extends {@code LossContract} of {@code carve.testkit} is green.
 */
package carve.api.loss;
