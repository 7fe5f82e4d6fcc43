# Types what it is given into a zsh, with \t for the key TAB, and prints what zsh made of each: zsh complete.zsh FPATH TYPED...
zmodload zsh/zpty
TERM=dumb zpty shell zsh -f -i
zpty -w shell "PS1= PROMPT_SP=; unsetopt zle_bracketed_paste prompt_sp; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; pop2d() { print \"ran: <\$*>\" }; print read''y"
zpty -r shell line '*ready*'
for typed in "${@:2}"; do
  zpty -w -n shell ${(g::)typed}$'\n'
  zpty -r shell line '*ran: <*>*'
  print -r -- ${${line##*ran: <}%%>*}
done
zpty -d shell
