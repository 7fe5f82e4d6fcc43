/**
 * What old clients need beyond the RFC: mail changed on its way so that a given program can read it, and a few habits
 * of the session.
 *
 * <p>Start at {@link org.pop2.profile.ClientProfile}. Changing a message changes its length, which is announced before
 * it is sent: so a message that is to be changed is measured first ({@link org.pop2.profile.ProfiledMailbox}), by the
 * same code that sends it.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.profile;

import org.jspecify.annotations.NullMarked;
