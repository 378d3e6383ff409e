"""Who may enter, and what proves it: sign-ins, second steps, invitations, links, members of staff."""
