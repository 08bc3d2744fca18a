/**
 * Providers by kind and name, with the defaults of their settings, which each has in the {@code reference.conf} at the root of
 * its module, at {@code carve.KIND.NAME}.
 *
 * <pre>{@code
 * carve.mixers.retention {
 *   decay = 0.97   # per position
 * }
 * }</pre>
 */
package carve.runtime.catalog;
