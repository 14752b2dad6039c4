"""`python -m indelible` is the command line."""

from indelible.cli import main

if __name__ == "__main__":
    main()
