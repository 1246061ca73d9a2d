"""Products of organizations at marketplaces, their syncs and schedules."""
