/** The choice of a device, and the reference device as a provider. */
package carve.runtime.device;
