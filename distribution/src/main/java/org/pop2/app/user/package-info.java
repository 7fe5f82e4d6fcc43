/** {@code pop2d user}: accounts, quotas, and one-time passwords. Begin with {@link org.pop2.app.user.UserCommand}. */
@NullMarked
package org.pop2.app.user;

import org.jspecify.annotations.NullMarked;
