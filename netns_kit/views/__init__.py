"""What reads the whole: topology, drawings, tables for notebook and terminal, the doctor, the notebook extension."""
