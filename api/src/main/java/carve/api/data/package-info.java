/** Data for training: samples, batches of them, data sets and their providers. */
package carve.api.data;
