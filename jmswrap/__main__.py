"""``python -m jmswrap`` is the command line."""

from jmswrap.cli.main import main

if __name__ == "__main__":
    main()
