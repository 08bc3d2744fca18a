/**
 * The settings of the CPU device, {@code carve.devices.cpu} in a configuration, as one record.
 *
 * <p>All other packages of this module may read it; it reads none of them. To add a setting, add a component to
 * {@link carve.cpu.config.CpuConfig}, its default and comment to {@code reference.conf}, and both values to {@code CpuConfigTest}.
 */
package carve.cpu.config;
