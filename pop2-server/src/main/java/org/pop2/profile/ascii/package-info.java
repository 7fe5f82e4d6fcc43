/**
 * Mail made readable on a 7-bit screen: MIME taken apart, the text that is best kept, HTML made text, and whatever is
 * not ASCII written with it.
 *
 * <p>Start at {@link org.pop2.profile.ascii.Conversion}. Only what asks for a conversion loads these classes, and the
 * two libraries behind them: mime4j for MIME, jsoup for HTML.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.profile.ascii;

import org.jspecify.annotations.NullMarked;
