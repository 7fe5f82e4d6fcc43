/** A storage to learn from, with the parts of {@link org.pop2.storage.support}: {@code MaildirStore}. */
@NullMarked
package org.pop2.storage.example;

import org.jspecify.annotations.NullMarked;
